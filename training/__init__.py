"""Ray Train and MLflow: one module per model, evaluation, promotion."""
