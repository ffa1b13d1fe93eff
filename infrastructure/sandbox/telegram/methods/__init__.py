"""The Bot API's methods, each a function from the sandbox and a judged call to the answer."""
