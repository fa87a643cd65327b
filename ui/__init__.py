"""What people see: the API and the web page."""
