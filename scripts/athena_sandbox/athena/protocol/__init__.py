"""The wire: JSON 1.1 over HTTP, requests checked against botocore's service model, error bodies, dispatch."""
