"""The parts of readiness.html, each made from the data of readiness.json; every text is escaped."""
