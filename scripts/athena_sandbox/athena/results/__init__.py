"""The results of a query: values as Athena prints them, files in S3, and pages of them."""
