"""What an operator watches: health, metrics, and the rules that wake somebody."""
