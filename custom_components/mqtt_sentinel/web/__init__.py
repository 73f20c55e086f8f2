"""What is served over HTTP, and how it is shown in Home Assistant's media browser."""
