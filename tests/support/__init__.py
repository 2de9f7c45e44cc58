"""What the tests share: small worlds, a loopback index that serves them, and the real tools."""
