"""The Ray Serve graph that scores a batch of features."""
