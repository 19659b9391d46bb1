"""Makes what the tests ask for on a moto server, and prints the keys as JSON.

    prepare.py ENDPOINT strict|trusting

moto believes everybody until it is told to check signatures and policies, which `strict` does in the end.
"""

import json
import sys
import urllib.request

import boto3

endpoint, mode = sys.argv[1:]
options = {
    "endpoint_url": endpoint,
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
iam = boto3.client("iam", **options)
s3 = boto3.client("s3", **options)

s3.create_bucket(Bucket="backups")


def allow(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


everything = allow("s3:*")
users = {
    "all": everything,
    "no-list": allow("s3:PutObject", "s3:GetObject", "s3:DeleteObject"),
    "no-put": allow("s3:ListBucket", "s3:GetObject"),
    "no-delete": allow("s3:ListBucket", "s3:GetObject", "s3:PutObject"),
}
keys = {}
for name, policy in users.items():
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="store", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]

trust = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Federated": "*"}, "Action": "sts:AssumeRoleWithWebIdentity"}],
})
roles = {}
for name, policy in {"backup": everything, "node": everything}.items():
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName="store", PolicyDocument=policy)
    roles[name] = role["Role"]["Arn"]

sts = boto3.client("sts", **options)
session = sts.assume_role(RoleArn=roles["node"], RoleSessionName="i-0123456789")["Credentials"]
keys["session"] = [session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]]

if mode == "strict":
    request = urllib.request.Request(
        f"{endpoint}/moto-api/reset-auth",
        data=b"0",
        # As a form, which is what urllib calls a body by itself, it would not be read.
        headers={"Content-Type": "text/plain"},
        method="POST",
    )
    urllib.request.urlopen(request).read()
print(json.dumps({"keys": keys, "roles": roles}))
