"""Data quality and limits as asset checks: Great Expectations suites, and verdicts on figures."""
