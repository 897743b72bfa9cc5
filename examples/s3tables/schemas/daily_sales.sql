-- One row per product and day. Compaction sorts files by product, see ../maintenance.yml.
CREATE TABLE IF NOT EXISTS daily_sales (
    sale_date date NOT NULL COMMENT 'Day of the sale, in the shop''s own zone',
    product_category string COMMENT 'As the catalogue had it on that day',
    product_id bigint NOT NULL,
    units_sold int,
    sales_amount decimal(10, 2) COMMENT 'In EUR, after discounts',
    loaded_at timestamp
)
COMMENT 'Sales by product and day'
PARTITIONED BY (month(sale_date))
SORTED BY (product_id)
TBLPROPERTIES (
    'write.parquet.compression-codec' = 'zstd'
);
