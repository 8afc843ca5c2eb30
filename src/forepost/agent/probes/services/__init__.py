"""Services that are asked once in their own protocol, to the point where one knows it is well."""
