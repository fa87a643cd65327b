"""Slow features in Feast: what hours and weeks say of a vehicle."""
