#!/bin/bash
# A configuration of an earlier start may name no instance, and nginx does not start with an empty upstream.
rm -f /etc/nginx/conf.d/default.conf
service nginx start
exec consul-template -consul=$CONSUL_URL -template="/templates/default.ctmpl:/etc/nginx/conf.d/default.conf:service nginx reload"
