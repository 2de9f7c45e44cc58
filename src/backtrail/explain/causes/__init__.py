"""What would have had to be otherwise: smallest sets of requirements, and the derivation of a conflict.

Found by solving again; no words here.
"""
