"""Vehicles that publish over MQTT like real ones, with ground truth. Knows nothing of the inside."""
