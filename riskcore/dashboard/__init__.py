"""The only Streamlit code inside riskcore: frame, state, cached calls and widgets shared by the pages."""
