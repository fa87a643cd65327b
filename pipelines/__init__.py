"""Ray Data jobs: training sets, history scoring, forecasts, feature materialisation."""
