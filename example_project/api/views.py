"""As much of InvenTree's API as its Python client asks for: who is there, and rows with images."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, serializers
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView
from workshop.models import Company, Part

from derived_images.rest.errors import handle

from .serializers import CompanySerializer, PartSerializer


class Server(serializers.Serializer):
    server = serializers.CharField()
    instance = serializers.CharField()
    apiVersion = serializers.IntegerField()  # noqa: N815 - as its client knows it


class Me(serializers.Serializer):
    pk = serializers.IntegerField()
    username = serializers.CharField()


class TokenOf(serializers.Serializer):
    token = serializers.CharField()


class Base(APIView):
    """Answers a client that has logged in; and errors as the library's API does."""

    permission_classes = [permissions.IsAuthenticated]

    def get_exception_handler(self):
        return handle


@extend_schema(responses=Server)
class ServerView(Base):
    permission_classes = []

    def get(self, request):
        told = {"server": "InvenTree", "instance": "An example, which speaks some of its API"}
        return Response({**told, "apiVersion": 400})


@extend_schema(responses=Me)
class MeView(Base):
    def get(self, request):
        return Response(Me(request.user).data)


@extend_schema(responses=TokenOf)
class TokenView(Base):
    def get(self, request):
        token, _ = Token.objects.get_or_create(user=request.user)
        return Response({"token": token.key})


class Rows(Base):
    """Rows of the organizations that the user is a member of."""

    def get_queryset(self):
        return self.model.objects.filter(organization__members=self.request.user)


class RowList(Rows, generics.ListAPIView):
    pass


class OneRow(Rows, generics.RetrieveUpdateAPIView):
    http_method_names = ["get", "patch", "head", "options"]


class OfPart:
    model = Part
    serializer_class = PartSerializer


class OfCompany:
    model = Company
    serializer_class = CompanySerializer


class Parts(OfPart, RowList):
    pass


class OnePart(OfPart, OneRow):
    pass


class Companies(OfCompany, RowList):
    pass


class OneCompany(OfCompany, OneRow):
    def get_object(self):
        try:
            self.kwargs["pk"] = uuid.UUID(int=self.kwargs["pk"])
        except ValueError as error:
            raise NotFound from error
        return super().get_object()
