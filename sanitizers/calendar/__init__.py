"""Calendars and cards: iCalendar and vCard."""
