"""From MQTT to committed decisions: decode, windows, one actor per partition group."""
