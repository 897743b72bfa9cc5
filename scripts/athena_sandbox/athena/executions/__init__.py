"""Query executions: states and rules (model), history (store), queue and running (service, job)."""
