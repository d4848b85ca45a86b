"""The Great Expectations suites: what a day's predictions and labels must look like."""
