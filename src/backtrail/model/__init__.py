"""The nouns of the project: frozen records that every other room speaks in. Imports nothing of ours outside itself."""
