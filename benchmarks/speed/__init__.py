"""What ``deskhand bench`` measures: how fast, how large and how faithful the parts are."""
