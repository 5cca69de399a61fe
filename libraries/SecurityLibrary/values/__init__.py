"""Values for parameters and properties: good ones, which a system takes, and those in place of them."""
