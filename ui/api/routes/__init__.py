"""One module per noun; `ui.api.app` puts them behind the session."""
