"""Echo requests: their bytes, and rounds of them."""
