"""riskcore: exact, fast portfolio risk on scenarios with probabilities."""
