"""pip's resolver, reproduced: its rules around the library that it carries (specification pip)."""
