"""Tables, views, files and grants, as the Data Catalog, S3 and Lake Formation have them."""
