"""The commands of `lakehouse s3tables`: they parse arguments and print."""
