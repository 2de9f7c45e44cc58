"""HTTP clients, what is asked of an index, and the crawler that asks beside the solver. The only room with a network.

What files mean to a resolver is not known here.
"""
