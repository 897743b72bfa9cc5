"""What a grant allows.

Source of the actions: "Actions, resources, and condition keys for Amazon S3 Tables" in the Service
Authorization Reference, and the notes in "Resource-based policies for S3 Tables" (read in November 2026).
Each set is written out without wildcards, so that new actions of the service are not granted automatically.
"""

from enum import StrEnum


class Access(StrEnum):
    """What a role may do."""

    READ = "read"
    WRITE = "write"
    MAINTAIN = "maintain"
    MANAGE = "manage"


_TABLE_READ = (
    "s3tables:GetTable",
    "s3tables:GetTableData",
    "s3tables:GetTableMetadataLocation",
)
_BUCKET_READ = (
    "s3tables:GetNamespace",
    "s3tables:GetTableBucket",
    "s3tables:ListNamespaces",
    "s3tables:ListTables",
)

# On tables.
TABLE_ACTIONS: dict[Access, tuple[str, ...]] = {
    Access.READ: _TABLE_READ,
    Access.WRITE: (*_TABLE_READ, "s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"),
    Access.MAINTAIN: (
        "s3tables:GetTable",
        "s3tables:GetTableMaintenanceConfiguration",
        "s3tables:GetTableMaintenanceJobStatus",
        "s3tables:PutTableMaintenanceConfiguration",
        # Without it, the strategies sort and z-order can't be set.
        "s3tables:GetTableData",
        "s3tables:GetTableMetadataLocation",
    ),
    Access.MANAGE: (
        *_TABLE_READ,
        "s3tables:DeleteTable",
        "s3tables:PutTableData",
        "s3tables:RenameTable",
        "s3tables:UpdateTableMetadataLocation",
    ),
}
# On the bucket itself; a grant on one table has none of them.
BUCKET_ACTIONS: dict[Access, tuple[str, ...]] = {
    Access.READ: _BUCKET_READ,
    Access.WRITE: _BUCKET_READ,
    Access.MAINTAIN: (
        *_BUCKET_READ,
        "s3tables:GetTableBucketMaintenanceConfiguration",
        "s3tables:PutTableBucketMaintenanceConfiguration",
    ),
    Access.MANAGE: (
        *_BUCKET_READ,
        "s3tables:CreateNamespace",
        "s3tables:CreateTable",
        "s3tables:DeleteNamespace",
    ),
}
