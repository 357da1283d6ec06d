"""Reading what a page says."""

from streamlit.testing.v1 import AppTest


def checked(app: AppTest) -> AppTest:
    """Return the app after a run that raised nothing."""
    assert not app.exception, app.exception[0].message
    return app


def words(app: AppTest) -> str:
    """Return all the text of a page."""
    elements = (*app.header, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    return "\n".join(element.value.replace("\\", "") for element in elements)
