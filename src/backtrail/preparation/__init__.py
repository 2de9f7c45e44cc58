"""A question made ready: everything is read before anything is asked, and wrong input ends here."""
