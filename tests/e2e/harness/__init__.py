"""What the end-to-end tests stand on: servers, the tool, the test case."""
