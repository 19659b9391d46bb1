"""Makes a bucket on an S3 gateway.

    prepare.py ENDPOINT KEY SECRET REGION
"""

import sys

import boto3

endpoint, key, secret, region = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name=region,
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    # Its certificate is made for the test, and may be one that nobody should believe.
    verify=False,
    config=boto3.session.Config(s3={"addressing_style": "path"}),
)
s3.create_bucket(Bucket="backups")
