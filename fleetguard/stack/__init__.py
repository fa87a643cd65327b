"""The local stack: where it lives, what runs in it, how it starts and stops."""
