// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract account for tests
/// @notice Takes the signatures of one key as its own, and makes the calls that this key asks for.
contract Erc1271Wallet is IERC1271 {
    error NotKey(address caller);
    error CallFailed(bytes reason);

    address public immutable KEY;

    constructor(address key) {
        KEY = key;
    }

    function execute(address target, bytes calldata data) external {
        if (msg.sender != KEY) revert NotKey(msg.sender);
        (bool success, bytes memory result) = target.call(data);
        if (!success) revert CallFailed(result);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view override returns (bytes4) {
        (address signer, ECDSA.RecoverError err, ) = ECDSA.tryRecoverCalldata(hash, signature);
        bool valid = err == ECDSA.RecoverError.NoError && signer == KEY;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
