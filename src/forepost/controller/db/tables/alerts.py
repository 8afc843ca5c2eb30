"""Rules, alerts, incidents and what leaves because of them."""
