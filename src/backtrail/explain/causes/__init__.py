"""What would have had to be otherwise: counterfactuals, smallest sets, and the derivation of a conflict.

Found by solving again, through the solves that are given; no words here, facts and pins.
"""
