"""The uv engine: PubGrub with uv's sequence of decisions."""
