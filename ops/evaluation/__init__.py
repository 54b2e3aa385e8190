"""How good the answers are, as numbers that anyone can measure again."""
