"""The models judged on data they have never seen; writes the cards in docs/models."""
