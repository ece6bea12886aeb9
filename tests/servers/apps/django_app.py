"""A Django app whose pages link to each other, in one file."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import get_script_prefix, path, reverse

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)


def index(request):
    links = [
        reverse("page", args=["plain"]),
        reverse("page", args=["café au lait"]),
        request.build_absolute_uri(reverse("page", args=["abroad"])),
    ]
    return HttpResponse(" ".join(f'<a href="{link}">link</a>' for link in links))


def page(request, name):
    return HttpResponse(f"page {name} at {get_script_prefix().rstrip('/') or 'the root'}")


def form(request):
    return redirect("page", request.POST["name"])


urlpatterns = [
    path("", index),
    path("page/<str:name>", page, name="page"),
    path("form", form),
]

application = get_wsgi_application()
