"""What a query leaves behind: values as Athena prints them, files in S3, and pages of them."""
