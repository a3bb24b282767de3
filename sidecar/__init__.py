"""A policy decision point that answers: may service X use field Y of subject Z for purpose P?"""

__version__ = "0.1.0"
