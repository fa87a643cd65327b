"""Episodes: from scores to alerts that people can work with."""
