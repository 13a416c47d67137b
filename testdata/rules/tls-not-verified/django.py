# expect: error tls-not-verified 8
# expect: error tls-not-verified 11
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "app",
        "HOST": "app.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com",
        "OPTIONS": {"sslmode": "require"},
    },
    # The place of what is not said is the whole database.
    "old": {"ENGINE": "django.db.backends.mysql", "HOST": "old.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com"},
}
# row: Django pg OPTIONS={'sslmode':'require'}
