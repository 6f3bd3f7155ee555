"""The pages of the service: what people see. Templates, one stylesheet and one script, which only adds to them."""
