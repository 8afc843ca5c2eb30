"""The responder of speed tests, which agents and the controller can offer."""
