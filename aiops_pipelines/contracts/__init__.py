"""Contracts with vendors: what was promised, what the evidence says, what a breach entitles to."""
